// @ts-check
/*
 * Last step of the build: lets the compiled files of lib/tensor read tfjs by `require`. To import a CommonJS package, Node scans its
 * source for names, and tfjs is megabytes of it: that scan was most of what `import "likewise"` cost. What the modules export, and
 * their declarations, stay the same.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, URL } from "node:url";

const require = createRequire(import.meta.url);
const folder = fileURLToPath(new URL("../dist/lib/tensor/", import.meta.url));
const before = await exportsOfTf("");
for (const name of readdirSync(folder).filter((each) => each.endsWith(".js"))) {
  const text = readFileSync(folder + name, "utf8");
  const changed = text.replace(/^(?:import|export) \* .*from "(@tensorflow\/tfjs-(?:core|layers))";$/gm, byRequire);
  if (changed === text) continue;
  const head = 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);\n';
  writeFileSync(folder + name, head + changed);
}
const after = new Set(await exportsOfTf("?rewritten"));
// "default" and "module.exports" are what Node adds to a CommonJS module.
const lost = before.filter((name) => !after.has(name) && name !== "default" && name !== "module.exports");
if (lost.length > 0) throw new Error(`dist/lib/tensor/tf.js lost ${lost.join(", ")}`);

/**
 * @param {string} line
 * @param {string} name
 */
function byRequire(line, name) {
  const [, verb, local] = /^(import|export) \*(?: as (\w+))?/.exec(line) ?? [];
  if (local !== undefined) return `${verb === "export" ? "export " : ""}const ${local} = require("${name}");`;
  const names = Object.keys(require(name)).sort();
  return `const $tfjs = require("${name}");\n${names.map((each) => `export const ${each} = $tfjs.${each};`).join("\n")}`;
}

/** @param {string} query */
async function exportsOfTf(query) {
  return Object.keys(await import(`${new URL("../dist/lib/tensor/tf.js", import.meta.url).href}${query}`));
}
