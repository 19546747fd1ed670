/** Multiplies matrices natively, for one search; each has a result buffer of its own. */
export interface NativeProducts {
  /**
   * `left [rows, size] · right [columns, size]ᵀ -> [rows, columns]`, row after row; valid until the next call. Equal rows give equal
   * numbers, whatever else is multiplied with them.
   */
  multiply(left: Float32Array, rows: number, right: Float32Array, columns: number): Promise<Float32Array>;
}

/** Opens native products of rows of a size; null where there are none. */
export type OpenProducts = (size: number) => Promise<NativeProducts | null>;

let open: OpenProducts | null = null;

/** From now on searches multiply by what this opens. An engine that has a native runtime offers it; the layers below know none. */
export function offerProducts(offered: OpenProducts): void {
  open = offered;
}

/** What was offered, or null. */
export async function nativeProducts(size: number): Promise<NativeProducts | null> {
  return open === null ? null : open(size);
}
