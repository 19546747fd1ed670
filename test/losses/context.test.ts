import { expect } from "chai";
import type { LossContext } from "likewise";
import { EXAMPLES } from "./contract-examples.js";
import { LOSSES } from "./exported-losses.js";

/** A loss whose constructor takes options. */
type FromOptions = new (options: object) => { readonly config: Readonly<Record<string, unknown>> };

describe("a loss with a vector for each group", () => {
  const context: LossContext = { embeddingSize: 6, groups: ["a", "b", 3], guideSize: null };
  const proxies = LOSSES.filter(([name]) =>
    Object.values(EXAMPLES[name]?.() ?? {}).some(
      ({ loss }) => "groups" in loss.config && "embeddingSize" in loss.config,
    ),
  );

  it("is made by the whole context that configureLoss gets", () => {
    expect(proxies.map(([name]) => name)).to.include.members(["ArcFaceLoss", "SoftmaxLoss", "CenterLoss"]);
    for (const [name, lossClass] of proxies) {
      const { config } = new (lossClass as unknown as FromOptions)(context);
      expect(config, name).to.include({ embeddingSize: 6, groups: 3 });
    }
  });

  it("still refuses other options it does not know", () => {
    for (const [name, lossClass] of proxies)
      expect(() => new (lossClass as unknown as FromOptions)({ ...context, sacle: 3 }), name).to.throw(
        "sacle: unknown option",
      );
  });
});
