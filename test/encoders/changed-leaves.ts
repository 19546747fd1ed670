import type { JsonObject, Json } from "../../lib/json.js";

/** A configuration in which one value is another. */
export interface Changed {
  /** Where: "encoder.config.size". */
  readonly path: string;
  readonly config: JsonObject;
}

/** The configuration once for each value in it, however deep, with only that one changed. */
export function changedLeaves(config: JsonObject): Changed[] {
  return leaves(config, "").map(({ path, value }) => ({ path, config: value as JsonObject }));
}

function leaves(value: Json, path: string): { readonly path: string; readonly value: Json }[] {
  if (Array.isArray(value)) {
    const list = value as readonly Json[];
    return [
      ...list.flatMap((one, at) =>
        leaves(one, `${path}[${at}]`).map((changed) => ({ ...changed, value: list.with(at, changed.value) })),
      ),
      { path: `${path}, longer`, value: [...list, other(list[0] ?? null)] },
    ];
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, one]) =>
      leaves(one as Json, path === "" ? key : `${path}.${key}`).map((changed) => ({
        ...changed,
        value: { ...(value as JsonObject), [key]: changed.value },
      })),
    );
  }
  return [{ path, value: other(value as Json) }];
}

function other(value: Json): Json {
  switch (typeof value) {
    case "number":
      return value + 1;
    case "boolean":
      return !value;
    case "string":
      return `${value} changed`;
    default:
      return 1;
  }
}
