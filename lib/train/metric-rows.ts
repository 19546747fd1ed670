import type { HostMatrix, HostTensor, HostTensors } from "../tensor/host.js";

/** Numbers of a batch by name, as metrics see them. */
type Columns = Readonly<Record<string, Float32Array | Int32Array>>;

/** What metrics have seen of the current training epoch, batch by batch, so that a resumed run can show it to them again. */
export class MetricRows {
  #batches: { readonly embeddings: HostMatrix; readonly targets: Columns }[] = [];

  /** Copies the rows of a batch. */
  add({ data, rows, size }: HostMatrix, targets: Columns): void {
    const copied = Object.fromEntries(Object.entries(targets).map(([name, values]) => [name, values.slice()]));
    this.#batches.push({ embeddings: { data: data.slice(), rows, size }, targets: copied });
  }

  clear(): void {
    this.#batches = [];
  }

  get batches(): readonly { readonly embeddings: HostMatrix; readonly targets: Columns }[] {
    return this.#batches;
  }

  /** `embeddings [rows, size]`, `rows [batches]`, and of each target `targets/<name>` with `counts/<name> [batches]`. */
  get state(): HostTensors {
    const [first] = this.#batches;
    if (first === undefined) return {};
    const state: Record<string, HostTensor> = {
      embeddings: joined(this.#batches.map(({ embeddings }) => embeddings.data)),
      rows: counts(this.#batches.map(({ embeddings }) => embeddings.rows)),
    };
    for (const name of Object.keys(first.targets)) {
      const pieces = this.#batches.map(({ targets }) => targets[name] as Float32Array);
      state[`targets/${name}`] = joined(pieces);
      state[`counts/${name}`] = counts(pieces.map(({ length }) => length));
    }
    return state;
  }

  restore(state: HostTensors): void {
    this.clear();
    const { embeddings, rows } = state;
    if (embeddings === undefined || rows === undefined) return;
    let total = 0;
    for (const count of rows.data) total += count;
    const size = total === 0 ? 0 : embeddings.data.length / total;
    const names = Object.keys(state).flatMap((name) => (name.startsWith("targets/") ? [name.slice(8)] : []));
    const read: Record<string, number> = {};
    const next = (key: string, { data }: HostTensor, length: number): Float32Array | Int32Array => {
      const start = read[key] ?? 0;
      read[key] = start + length;
      return data.slice(start, start + length);
    };
    rows.data.forEach((count, batch) => {
      const data = next("embeddings", embeddings, count * size) as Float32Array;
      const targets = Object.fromEntries(
        names.map((name) => {
          const length = state[`counts/${name}`]?.data[batch] ?? 0;
          return [name, next(`targets/${name}`, state[`targets/${name}`] as HostTensor, length)];
        }),
      );
      this.#batches.push({ embeddings: { data, rows: count, size }, targets });
    });
  }
}

function joined(pieces: readonly (Float32Array | Int32Array)[]): HostTensor {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const data = pieces[0] instanceof Int32Array ? new Int32Array(length) : new Float32Array(length);
  let start = 0;
  for (const piece of pieces) {
    data.set(piece, start);
    start += piece.length;
  }
  return { data, shape: [length] };
}

function counts(values: readonly number[]): HostTensor {
  return { data: Int32Array.from(values), shape: [values.length] };
}
