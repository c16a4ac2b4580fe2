/** The part of the runtime's codec that is measured. */
export interface RuntimeCodec {
  encode(message: unknown): Uint8Array;
  decode(bytes: Uint8Array, offset: number, length: number): unknown;
}

interface CodecModule {
  readonly Codec: new (structures: readonly (readonly string[])[]) => RuntimeCodec;
}

/** The codec of the runtime's lanes. It is not part of the package's public face; it is measured where it lies all the same. */
export async function loadRuntimeCodec(structures: readonly (readonly string[])[]): Promise<RuntimeCodec> {
  const url = new URL('./core/codec.js', import.meta.resolve('@tidegate/runtime'));
  const { Codec } = (await import(url.href)) as CodecModule;
  return new Codec(structures);
}
