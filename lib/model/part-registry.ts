import { FrozenEncoder, TrainableEncoder } from "../contracts/encoder.js";
import { Head } from "../contracts/head.js";
import { SimilarityLoss } from "../contracts/loss.js";
import type { Part, PartClass, PartFinder, PartRole, SavedPart } from "../contracts/part.js";
import { FileFormatError, UnknownNameError, UsageError } from "../errors.js";
import { Registry } from "../registry.js";
import { show } from "../show.js";
import type { HostTensors } from "../tensor/host.js";

/** A class of parts, seen from outside: constructable in its own way, makeable through `from`. */
export type AnyPartClass = PartClass<Part> & { readonly prototype: Part; readonly name: string };

/** Classes by role and type name; makes parts from what was saved. */
export class PartRegistry implements PartFinder {
  readonly #classes: Registry<AnyPartClass>;
  readonly #standard: PartRegistry | null;

  private constructor(classes: Registry<AnyPartClass>, standard: PartRegistry | null = null) {
    this.#classes = classes;
    this.#standard = standard;
  }

  static of(classes: readonly AnyPartClass[]): PartRegistry {
    return new PartRegistry(new PartRegistry(new Registry<AnyPartClass>("part")).with(classes).#classes);
  }

  /** This registry without what was added `with`. */
  get standard(): PartRegistry {
    return this.#standard ?? this;
  }

  /** A registry that also knows these. @throws DuplicateNameError for two classes of one name. */
  with(classes: readonly AnyPartClass[]): PartRegistry {
    const copy = this.#classes.copy();
    if (!Array.isArray(classes as unknown))
      throw new UsageError(`parts: expected a list of classes, such as [MyEncoder], got ${show(classes)}`);
    for (const partClass of classes) {
      requireClass(partClass);
      if (typeof partClass.type !== "string" || typeof partClass.from !== "function") {
        throw new UsageError(
          `class ${partClass.name} cannot be loaded; give it "static readonly type" and "static from(config, weights)"`,
        );
      }
      copy.add(keyOf(roleOf(partClass.prototype, partClass.name), partClass.type), partClass);
    }
    return new PartRegistry(copy, this.standard);
  }

  make(role: PartRole, saved: SavedPart, weights: HostTensors): Part {
    if (typeof saved.type !== "string" || typeof saved.config !== "object" || saved.config === null) {
      throw new FileFormatError("saved model", `a ${role} needs { type, config }, got ${JSON.stringify(saved)}`);
    }
    this.requireKnown([[role, saved]]);
    return this.#classes.require(keyOf(role, saved.type)).from(saved.config, weights, this);
  }

  /** @throws UnknownNameError naming all of the parts whose class is not known. */
  requireKnown(parts: readonly (readonly [PartRole, SavedPart])[]): void {
    const missing = parts.filter(
      ([role, { type }]) => typeof type === "string" && !this.#classes.has(keyOf(role, type)),
    );
    const [first, ...others] = missing;
    if (first === undefined) return;
    const [role, { type }] = first;
    const known = this.#classes.names().filter((name) => name.startsWith(keyOf(role, "")));
    const nor = others.map((other) => `Nor is ${other[0]} "${other[1].type}". `).join("");
    const own = others.length === 0 ? "it is your own class, pass it" : "they are your own classes, pass them";
    const classes = [...new Set(missing.map((part) => part[1].type))].join(", ");
    throw new UnknownNameError(
      role,
      type,
      known.map((name) => name.slice(keyOf(role, "").length)),
      `${nor}If ${own}: { parts: [${classes}] }`,
    );
  }
}

/** @throws UsageError for what is no class, such as a part that a class has made. */
function requireClass(given: unknown): void {
  if (typeof given === "function") return;
  const { name = "Object" } = (given as Partial<Part> | null)?.constructor ?? {};
  const advice = ["Object", "String", "Number"].includes(name) ? "" : `; give its class: [${name}]`;
  throw new UsageError(`parts: expected classes, got ${show(given)}${advice}`);
}

/** What a class is found by: the roles have names of their own each. */
function keyOf(role: PartRole, type: string): string {
  return `${role} ${type}`;
}

/** The classes of parts among the exports of a module. */
export function partClassesOf(module: object): readonly AnyPartClass[] {
  return Object.values(module).filter(isPartClass);
}

function isPartClass(value: unknown): value is AnyPartClass {
  return typeof value === "function" && typeof (value as Partial<AnyPartClass>).type === "string" && "from" in value;
}

/** What a part is for, told by the contract it extends. */
export function roleOf(part: Part, name: string): PartRole {
  if (part instanceof FrozenEncoder || part instanceof TrainableEncoder) return "encoder";
  if (part instanceof Head) return "head";
  if (part instanceof SimilarityLoss) return "loss";
  throw new UsageError(
    `${name} is neither an encoder nor a head nor a loss${isOfAnotherCopy(part) ? OTHER_COPY : "; extend one of these contracts"}`,
  );
}

const OTHER_COPY =
  " of this copy of likewise, but it looks like one of another copy: two are loaded. Install it once (npm ls likewise shows where it is)";

/** Whether a part extends a contract of the same name that is not the one here. */
function isOfAnotherCopy(part: object): boolean {
  const names = [FrozenEncoder, TrainableEncoder, Head, SimilarityLoss].map(({ name }) => name);
  for (let made: unknown = part.constructor; typeof made === "function"; made = Object.getPrototypeOf(made))
    if (names.includes(made.name)) return true;
  return false;
}

/** The class a part was made by. */
export function classOf(part: Part): AnyPartClass {
  return part.constructor as unknown as AnyPartClass;
}
