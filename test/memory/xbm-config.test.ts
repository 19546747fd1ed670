import { expect } from "chai";
import type { ConfigError } from "../../lib/errors.js";
import { XbmConfig } from "../../lib/memory/index.js";

describe("XbmConfig", () => {
  it("has defaults and is frozen", () => {
    const config = new XbmConfig({ bufferSize: 4096 });
    expect({ ...config }).to.deep.equal({
      bufferSize: 4096,
      weight: 0.5,
      startStep: null,
      fillDuringWarmup: true,
      ramp: 0,
      momentum: null,
    });
    expect(Object.isFrozen(config)).to.equal(true);
  });

  it("names an option once in what is wrong with it", () => {
    expect(() => new XbmConfig({ bufferSize: 0 })).to.throw(
      "XbmConfig:\n  - bufferSize: must not be less than 1, got 0",
    );
  });

  it("refuses a slow copy that never moves", () => {
    expect(() => new XbmConfig({ momentum: 1 })).to.throw(/momentum: must not be greater than/u);
    expect(new XbmConfig({ momentum: 0.9999 }).momentum).to.equal(0.9999);
  });

  it("lists every problem", () => {
    const given = { bufferSize: 0, weight: -1, startStep: 1.5, ramp: NaN, fillDuringWarmup: 1, buffer: 3 };
    let problems: readonly string[] = [];
    try {
      new XbmConfig(given as unknown as Partial<XbmConfig>);
    } catch (error) {
      problems = (error as ConfigError).problems;
    }
    for (const key of Object.keys(given))
      expect(
        problems.some((problem) => problem.startsWith(`${key}:`)),
        key,
      ).to.equal(true);
  });
});
