import { expect } from "chai";
import { stripNames } from "../../examples/web-api/strip-names.js";

const activeElement = { interface: "Document", member: "activeElement" };

describe("stripNames", () => {
  it("removes the member's name plain, bold, as code, with its interface, as a call and as a possessive", () => {
    const left = (comment: string) => stripNames(comment, { interface: "Node", member: "cloneNode" });
    expect(left("The **`cloneNode()`** method copies a tree")).to.equal("The method copies a tree");
    expect(left("The **`Node.cloneNode()`** method copies a tree")).to.equal("The method copies a tree");
    expect(left("The `cloneNode` method copies a tree")).to.equal("The method copies a tree");
    expect(left("cloneNode() copies; cloneNode's copy is deep")).to.equal("copies; copy is deep");
    expect(left("The node.cloneNode() method copies a tree")).to.equal("The method copies a tree");
  });

  it("removes names in any case and spelling, but leaves words that merely contain them", () => {
    const css = { interface: "CSSStyleProperties", member: "webkitMaskClip" };
    expect(stripNames("The -webkit-mask-clip property; WEBKIT_MASK_CLIP, WebkitMaskClip!", css)).to.equal(
      "The property;,!",
    );
    expect(stripNames("documents and DOCUMENT and aDocument", activeElement)).to.equal("documents and and aDocument");
    expect(stripNames("the id of an identifier", { interface: "Element", member: "id" })).to.equal(
      "the of an identifier",
    );
  });

  it("removes the manual's link and the interface's name it gives to a member of a mixin", () => {
    const comment =
      "Draws for a WebGLRenderingContext now.\n\n[MDN Reference](https://developer.mozilla.org/docs/Web/API/WebGLRenderingContext/drawArrays)";
    const subject = { interface: "WebGLRenderingContextBase", member: "drawArrays" };
    expect(stripNames(comment, subject)).to.equal("Draws for a now.");
  });

  it("keeps the text of links and all other words", () => {
    expect(
      stripNames("Gets a [`Foo`](https://x.y/z), {@link Bar} or {@link Baz|another} in focus.", activeElement),
    ).to.equal("Gets a Foo, Bar or another in focus.");
  });

  it("takes names with signs of regular expressions literally", () => {
    expect(stripNames("a $0 b c", { interface: "A.B", member: "$0" })).to.equal("c");
  });
});
