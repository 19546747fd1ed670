import { expect } from "chai";
import { UsageError } from "../../lib/errors.js";
import { roleOf } from "../../lib/model/part-registry.js";
import type { Part } from "../../lib/contracts/part.js";
import { TinyHead } from "../support/tiny.js";

describe("The role of a part", () => {
  it("is told by the contract that it extends", () => {
    expect(roleOf(new TinyHead(2, 2, 0), "mine")).to.equal("head");
    expect(() => roleOf({} as Part, "mine")).to.throw(
      UsageError,
      /^mine is neither .*; extend one of these contracts$/u,
    );
  });

  it("cannot be told of parts of another copy of the package, which is said", () => {
    const { Foreign } = { Foreign: class Head {} };
    class Mine extends Foreign {}
    expect(() => roleOf(new Mine() as Part, "Mine")).to.throw(
      UsageError,
      /another copy: two are loaded.*npm ls likewise/u,
    );
  });
});
