import ts from "typescript";
import type { Block } from "./blocks.js";

/**
 * Type-checks blocks as modules that lie in the repository's root, against the sources, in one program.
 *
 * @returns one sentence for each error: "README.md:12: Cannot find name 'x'."
 */
export function typeErrors(root: string, blocks: readonly Block[]): readonly string[] {
  const options = compilerOptions(root);
  const disk = ts.createCompilerHost(options);
  const texts = new Map(
    blocks.map((block, position) => [`${root}block-${position}.ts`, `${block.code}\nexport {};\n`]),
  );
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (path) => texts.has(path) || disk.fileExists(path),
    readFile: (path) => texts.get(path) ?? disk.readFile(path),
    getSourceFile: (path, version, ...rest) => {
      const text = texts.get(path);
      if (text === undefined) return disk.getSourceFile(path, version, ...rest);
      return ts.createSourceFile(path, text, version, true);
    },
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  return [...texts.keys()].flatMap((path, position) => {
    const file = program.getSourceFile(path);
    const { page, line } = blocks[position] as Block;
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ start = 0, messageText }) => {
        const within = file?.getLineAndCharacterOfPosition(start).line ?? 0;
        return `${page}:${line + within}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
      },
    );
  });
}

function compilerOptions(root: string): ts.CompilerOptions {
  const path = `${root}tsconfig.json`;
  const { config, error } = ts.readConfigFile(path, (name) => ts.sys.readFile(name)) as {
    readonly config: object;
    readonly error?: ts.Diagnostic;
  };
  if (error !== undefined) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, "\n"));
  return ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root).options;
}
