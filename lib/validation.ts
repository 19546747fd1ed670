import { createRequire } from "node:module";
import type * as classValidator from "class-validator";

export type { ValidationError } from "class-validator";

/**
 * The rules of class-validator that configurations use, each read from its own file: the package's index reads every other rule too, with
 * the telephone numbers of the world, and alone took a quarter of the time that importing this library takes.
 */
const read = createRequire(import.meta.url);
const rules = (path: string): typeof classValidator => read(`class-validator/cjs/${path}.js`) as typeof classValidator;

export const { IsIn } = rules("decorator/common/IsIn");
export const { IsOptional } = rules("decorator/common/IsOptional");
export const { ValidateBy } = rules("decorator/common/ValidateBy");
export const { Max } = rules("decorator/number/Max");
export const { IsPositive } = rules("decorator/number/IsPositive");
export const { Min } = rules("decorator/number/Min");
export const { IsBoolean } = rules("decorator/typechecker/IsBoolean");
export const { IsInt } = rules("decorator/typechecker/IsInt");
export const { IsNumber } = rules("decorator/typechecker/IsNumber");
export const { IsObject } = rules("decorator/typechecker/IsObject");
export const { IsString } = rules("decorator/typechecker/IsString");

const { Validator } = rules("validation/Validator");
const validator = new Validator();

/** Every rule that a configuration breaks. */
export function brokenRules(target: object): classValidator.ValidationError[] {
  return validator.validateSync(target, { forbidUnknownValues: false });
}
