import type { HostMatrix, HostTensor, HostTensors } from "../tensor/host.js";

/** Encodes inputs as the memory's rows are encoded now, without dropout. */
export type Encode = (inputs: HostTensors) => Promise<HostMatrix>;

/** A batch that is encoded again later. */
interface Probe {
  readonly inputs: HostTensors;
  readonly embeddings: HostMatrix;
  readonly step: number;
}

/**
 * Measures how stale remembered rows become: encodes a batch once and again after as many steps as a row stays in the memory, and says
 * how far its rows have moved. A cross-batch memory is as good as that number is small; 0.01 is slow, 0.1 is fast for cosine distance.
 */
export class DriftMeter {
  #probe: Probe | null = null;

  /** @param steps between the two encodings. */
  constructor(readonly steps: number) {}

  /** Mean cosine distance between the rows then and now; null when it is not time. */
  async measure(step: number, inputs: HostTensors, encode: Encode): Promise<number | null> {
    const probe = this.#probe;
    if (probe !== null && step - probe.step < this.steps) return null;
    const moved = probe === null ? null : meanCosineDistance(probe.embeddings, await encode(probe.inputs));
    this.#probe = { inputs: copy(inputs), embeddings: await encode(inputs), step };
    return moved;
  }

  /** For a checkpoint. */
  get state(): HostTensors {
    if (this.#probe === null) return {};
    const { inputs, embeddings, step } = this.#probe;
    return {
      ...Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [`inputs/${name}`, tensor])),
      embeddings: { data: embeddings.data, shape: [embeddings.rows, embeddings.size] },
      step: { data: Int32Array.of(step), shape: [] },
    };
  }

  restore({ embeddings, step, ...inputs }: HostTensors): void {
    this.#probe = null;
    if (embeddings === undefined || step === undefined) return;
    const [rows = 0, size = 0] = embeddings.shape;
    this.#probe = {
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, tensor]) => [name.slice("inputs/".length), tensor]),
      ),
      embeddings: { data: embeddings.data as Float32Array, rows, size },
      step: step.data[0] ?? 0,
    };
  }
}

function copy(inputs: HostTensors): HostTensors {
  const copied = ({ data, shape }: HostTensor): HostTensor => ({ data: data.slice(), shape });
  return Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, copied(tensor)]));
}

function meanCosineDistance(left: HostMatrix, right: HostMatrix): number {
  let sum = 0;
  for (let row = 0; row < left.rows; row += 1) {
    let [product, leftSquare, rightSquare] = [0, 0, 0];
    for (let i = row * left.size; i < (row + 1) * left.size; i += 1) {
      const [a, b] = [left.data[i] as number, right.data[i] as number];
      product += a * b;
      leftSquare += a * a;
      rightSquare += b * b;
    }
    const lengths = Math.sqrt(leftSquare * rightSquare);
    sum += lengths === 0 ? Number(leftSquare !== rightSquare) : 1 - product / lengths;
  }
  return left.rows === 0 ? 0 : sum / left.rows;
}
