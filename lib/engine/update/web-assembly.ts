/** Memory that grows by pages of 64 KiB; `buffer` is another one after each time. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** What is used of WebAssembly; without the browser's types, TypeScript does not know the global. */
interface WasmGlobal {
  readonly Memory: new (limits: { readonly initial: number; readonly maximum: number }) => WasmMemory;
  instantiate(
    bytes: Uint8Array,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ): Promise<{ readonly instance: { readonly exports: object } }>;
}

/** The global of this name. */
export const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: WasmGlobal };
