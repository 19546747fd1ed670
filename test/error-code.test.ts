import { runInNewContext } from "node:vm";
import { expect } from "chai";
import { errorCode } from "../lib/error-code.js";
import { isMissing } from "../lib/store/read.js";

describe("errorCode", () => {
  it("knows errors whatever their class is", () => {
    const foreign: unknown = runInNewContext('Object.assign(new Error("gone"), { code: "ENOENT" })');
    expect(foreign).to.not.be.instanceOf(Error);
    expect(errorCode(foreign)).to.equal("ENOENT");
    expect(isMissing(foreign)).to.equal(true);
  });

  it("is null where there is none", () => {
    for (const thrown of [new Error("x"), null, undefined, "ENOENT", 3, { code: 7 }])
      expect(errorCode(thrown)).to.equal(null);
  });
});
