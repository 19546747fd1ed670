import { expect } from "chai";
import { UsageError } from "../../lib/errors.js";
import { PartRegistry, roleOf } from "../../lib/model/part-registry.js";
import type { Part } from "../../lib/contracts/part.js";
import { TinyHead } from "../support/tiny.js";

describe("Classes of one's own", () => {
  it("are given as a list of classes, and what is none is named", () => {
    const none = PartRegistry.of([]);
    const wrong = (parts: unknown) => () => none.with(parts as []);
    expect(wrong(TinyHead)).to.throw(
      UsageError,
      /^parts: expected a list of classes, such as \[MyEncoder\], got .*class TinyHead/u,
    );
    expect(wrong([new TinyHead(2, 2, 0)])).to.throw(
      UsageError,
      /^parts: expected classes, got TinyHead .* its class: \[TinyHead\]$/u,
    );
    for (const other of [{}, null, "TinyHead"])
      expect(wrong([other])).to.throw(UsageError, /^parts: expected classes, got /u);
    expect(wrong([class Nameless {}])).to.throw(UsageError, "class Nameless cannot be loaded");
  });
});

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
