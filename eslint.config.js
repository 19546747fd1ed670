// @ts-check
import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** What the package publishes; the rest is examples, benchmarks and tests. */
const published = [
  "lib/**/*.ts",
  "encoders/**/*.ts",
  "heads/**/*.ts",
  "losses/**/*.ts",
  "metrics/**/*.ts",
  "data/**/*.ts",
];

/** Syntax that is not used anywhere. Who may import whom, and which folder owns which dependency, is checked by test/architecture.test.ts. */
const everywhere = [
  { selector: "TSEnumDeclaration", message: "Use a union of string literals instead of an enum." },
  { selector: "ExportDefaultDeclaration", message: "Export by name, so that a thing has one name everywhere." },
  { selector: "TSExportAssignment", message: "Export by name." },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: "Take a seeded Random (lib/random.ts) as an argument instead.",
  },
  ...[
    "NewExpression[callee.name='Random']",
    "Property[key.name='seed']",
    "VariableDeclarator[id.name=/[sS]eed$/]",
  ].flatMap((place) =>
    ["MemberExpression[object.name=/^(Date|performance)$/]", "NewExpression[callee.name='Date']"].map((clock) => ({
      selector: `${place} ${clock}`,
      message:
        "A seed comes from the user or has a fixed default, so that a run can be repeated; never from the clock.",
    })),
  ),
];

const assertsNotNull = {
  selector:
    "TSNonNullExpression:not([expression.type='MemberExpression'][expression.computed=true])" +
    ":not([expression.callee.property.name=/^(get|at|pop|shift)$/])",
  message: "Only an element that is known to be there may be followed by an exclamation mark; say why it is not null.",
};

const exitsProcess = {
  selector: "CallExpression[callee.object.name='process'][callee.property.name=/^(exit|abort|kill)$/]",
  message: "A library never ends the process it runs in; throw an error of lib/errors.ts.",
};

const exportsAll = {
  selector: "ExportAllDeclaration",
  message: "Name what is exported; an index is a table of contents.",
};

export default defineConfig(
  globalIgnores(["dist/", "site/", "coverage/", "runs/", ".likewise/"]),
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "no-restricted-syntax": ["error", ...everywhere, assertsNotNull],
      eqeqeq: "error",
      "no-self-compare": "error",
      "no-unreachable-loop": "error",
      "no-template-curly-in-string": "error",
      "no-constructor-return": "error",
      "default-case-last": "error",
      "@typescript-eslint/consistent-type-imports": [
        "error",
        // Packages that need not be installed are imported where they are used, and so are their types.
        { fixStyle: "inline-type-imports", disallowTypeAnnotations: false },
      ],
      "@typescript-eslint/consistent-type-exports": ["error", { fixMixedExportsWithInlineTypeSpecifier: true }],
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/prefer-readonly": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      // Numbers and truth values read well in messages; what must not be printed by accident is an object.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      // A contract says what is asynchronous; an implementation may have nothing to wait for.
      "@typescript-eslint/require-await": "off",
      // What users give is checked, whatever its type says.
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/no-unnecessary-boolean-literal-compare": "off",
      // tfjs types many tensors more loosely or more strictly than they are (ranks, TensorInfo); a cast says what is known.
      "@typescript-eslint/no-unnecessary-type-assertion": "off",
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      // Allowed for elements: see restricted syntax above.
      "@typescript-eslint/no-non-null-assertion": "off",
      // What is shown of a wrong value is unknown by nature.
      "@typescript-eslint/no-base-to-string": "off",
      // Matters of taste.
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/no-meaningless-void-operator": "off",
      "@typescript-eslint/no-unnecessary-type-conversion": "off",
      "@typescript-eslint/no-extraneous-class": "off",
      "@typescript-eslint/no-unnecessary-template-expression": "off",
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/unified-signatures": "off",
    },
  },
  {
    files: published,
    rules: {
      "no-console": "error",
      "no-restricted-syntax": ["error", ...everywhere, assertsNotNull, exitsProcess, exportsAll],
    },
  },
  { files: ["lib/random.ts", "lib/tensor/tf.ts"], rules: { "no-restricted-syntax": ["error", exitsProcess] } },
  {
    files: ["test/**/*.ts"],
    rules: {
      "no-restricted-syntax": ["error", ...everywhere],
      // chai asserts by reading a property.
      "@typescript-eslint/no-unused-expressions": "off",
      // Tests hand out methods, spread things and print them on purpose.
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/no-misused-spread": "off",
      "@typescript-eslint/restrict-template-expressions": "off",
    },
  },
);
