import { FrozenEncoder, TrainableEncoder } from "../contracts/encoder.js";
import { Head } from "../contracts/head.js";
import { SimilarityLoss } from "../contracts/loss.js";
import type { Part, PartClass, PartFinder, PartRole, SavedPart } from "../contracts/part.js";
import { FileFormatError, UsageError } from "../errors.js";
import { Registry } from "../registry.js";
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
    for (const partClass of classes) {
      if (typeof partClass.type !== "string" || typeof partClass.from !== "function") {
        throw new UsageError(
          `class ${partClass.name} cannot be loaded; give it "static readonly type" and "static from(config, weights)"`,
        );
      }
      copy.add(`${roleOf(partClass.prototype, partClass.name)} ${partClass.type}`, partClass);
    }
    return new PartRegistry(copy, this.standard);
  }

  make(role: PartRole, saved: SavedPart, weights: HostTensors): Part {
    if (typeof saved.type !== "string" || typeof saved.config !== "object" || saved.config === null) {
      throw new FileFormatError("saved model", `a ${role} needs { type, config }, got ${JSON.stringify(saved)}`);
    }
    const advice = `If ${saved.type} is your own class, pass it: { parts: [${saved.type}] }`;
    return this.#classes.require(`${role} ${saved.type}`, advice).from(saved.config, weights, this);
  }
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
  throw new UsageError(`${name} is neither an encoder nor a head nor a loss; extend one of these contracts`);
}

/** The class a part was made by. */
export function classOf(part: Part): AnyPartClass {
  return part.constructor as unknown as AnyPartClass;
}
