import { expect } from "chai";
import { splitWords, symbolText } from "../../examples/web-api/words.js";

describe("splitWords", () => {
  it("cuts identifiers where a word begins, and keeps abbreviations and plain text whole", () => {
    expect(splitWords("HTMLElement.innerText of a CSS2D rule")).to.equal("HTML Element.inner Text of a CSS2 D rule");
    expect(splitWords("element that has keyboard focus")).to.equal("element that has keyboard focus");
    expect(splitWords("")).to.equal("");
  });
});

describe("symbolText", () => {
  const textOf = (signature: string) =>
    symbolText({ interface: "AbortSignal", member: "unused", signature, description: "unused" });

  it("says of a member what the manual would: a property, a read-only property or a method", () => {
    expect(textOf("onabort: (() => void) | null"))
      .to.match(/ property$/)
      .and.not.match(/read-only/);
    expect(textOf("readonly aborted: boolean")).to.equal("Abort Signal aborted: boolean read-only property");
    expect(textOf("get mode(): string")).to.match(/ read-only property$/);
    expect(textOf("any<T>(value: T): T")).to.match(/ method$/);
    expect(textOf("timeout?(milliseconds: number): AbortSignal")).to.match(/ method$/);
    expect(textOf("static any(signals: AbortSignal[]): AbortSignal")).to.equal(
      "Abort Signal static any(signals: Abort Signal[]): Abort Signal method",
    );
  });
});
