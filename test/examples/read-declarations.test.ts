import { expect } from "chai";
import { extractDeclarations, readDeclarations, type Declaration } from "../../examples/web-api/read-declarations.js";

describe("readDeclarations", () => {
  let declarations: readonly Declaration[];
  const find = (owner: string, member: string) =>
    declarations.find((one) => one.interface === owner && one.member === member);

  before(function () {
    this.timeout(10_000);
    declarations = readDeclarations();
  });

  it("finds about 3,800 members of about 620 interfaces, each once", () => {
    expect(declarations.length).to.be.within(3600, 4100);
    expect(new Set(declarations.map((one) => one.interface)).size).to.be.within(580, 660);
    expect(new Set(declarations.map((one) => `${one.interface}.${one.member}`)).size).to.equal(declarations.length);
  });

  it("reads properties, methods, static members and nested interfaces", () => {
    expect(find("Document", "activeElement")).to.equal(undefined, "it is declared by DocumentOrShadowRoot");
    expect(find("DocumentOrShadowRoot", "activeElement")).to.deep.equal({
      interface: "DocumentOrShadowRoot",
      member: "activeElement",
      signature: "readonly activeElement: Element | null",
      description: find("DocumentOrShadowRoot", "activeElement")?.description,
    });
    expect(find("DocumentOrShadowRoot", "activeElement")?.description).to.match(/focus/);
    expect(find("Element", "closest")?.signature).to.match(/^closest<.*>\(selector: K\): /);
    expect(find("AbortSignal", "timeout")?.signature).to.equal("static timeout(milliseconds: number): AbortSignal");
    expect(find("WebAssembly.Memory", "grow")?.signature).to.equal("grow(delta: AddressValue): AddressValue");
  });

  it("never leaves a member's or an interface's name in its description", () => {
    for (const { interface: owner, member, description } of declarations) {
      const words = new Set(description.toLowerCase().split(/[^a-z0-9_$]+/));
      expect(words, `${owner}.${member}: ${description}`).to.not.include(member.toLowerCase());
      expect(words, `${owner}.${member}: ${description}`).to.not.include(owner.toLowerCase());
      expect(description, `${owner}.${member}`).to.not.match(/\*\*|`|MDN|developer\.mozilla|\s{2}/);
    }
  });

  it("gives every signature and description as one line of text", () => {
    for (const { signature, description } of declarations) {
      expect(signature).to.match(/^\S[^\n]*[^;\s]$/);
      expect(description.split(" ").length).to.be.at.least(4);
    }
  });
});

describe("extractDeclarations", () => {
  it("takes the first of overloads, get over set, and no comment of an interface for one of its members", () => {
    const found = extractDeclarations(`
      /** The **Pot** is something to cook with on a stove. */
      interface Pot {
        undocumented: number;
        /** [MDN Reference](https://developer.mozilla.org/docs/Web/API/Pot/linked) */
        linked: number;
        /** Heat whatever is inside the Pot. */
        heat(degrees: number): void;
        /** Heats it up another way. */
        heat(): void;
        /** The lid that closes it on top. */
        get lid(): Lid;
        set lid(value: string | Lid);
        /** Has no name to be found by, ever. */
        [index: number]: Lid;
      }
      declare var Pot: { prototype: Pot; new (): Pot;
/** Puts one of them
 * on top of another. */ stack(
          pots: Pot[]): Pot; };
    `);
    expect(found.map((one) => `${one.interface} | ${one.signature} | ${one.description}`)).to.deep.equal([
      "Pot | heat(degrees: number): void | whatever is inside the.",
      "Pot | get lid(): Lid | The that closes it on top.",
      "Pot | static stack( pots: Pot[]): Pot | Puts one of them on top of another.",
    ]);
  });
});
