/** A compiled module. */
export interface WasmModule {
  readonly compiled: true;
}

export interface WasmMemory {
  /** Another one each time the memory has grown. */
  readonly buffer: ArrayBuffer;
}

interface WebAssemblyApi {
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, () => unknown>>>>,
  ) => { readonly exports: unknown };
  compile(bytes: Uint8Array): Promise<WasmModule>;
  validate(bytes: Uint8Array): boolean;
}

/** What every runtime has, though TypeScript declares it for browsers alone. */
export const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
