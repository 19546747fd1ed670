/** Steps per second of peers on a quiet machine of two cores, median of whole epochs; with one and two threads. */
export interface Published {
  readonly torch: readonly [one: number, two: number];
  /** `fit` of Quaterion without progress; null where it was not measured. */
  readonly quaterion: readonly [one: number | null, two: number | null];
}

/** torch 1.13 with OpenBLAS: a bare loop, and Quaterion on top of it with its cache on the CPU; Adam, 384 dimensions. */
export const published: Readonly<Record<string, Published>> = {
  "mnr:32": { torch: [769, 791], quaterion: [375, 436] },
  "mnr:256": { torch: [146, 184], quaterion: [78, 102] },
  "mnr:1024": { torch: [20.8, 32.2], quaterion: [14.7, 18.6] },
  "triplet-hard:256": { torch: [160, 212], quaterion: [97, 108] },
  "triplet-hard:1024": { torch: [21.1, 27.7], quaterion: [15, 20.3] },
  "online-contrastive:256": { torch: [173, 240], quaterion: [104, 142] },
  "triplet-hard-xbm:256": { torch: [8.8, 11], quaterion: [8.5, null] },
  "triplet-all:256": { torch: [2.6, 2.8], quaterion: [2.2, null] },
  "triplet-all:1024": { torch: [1 / 74, 1 / 74], quaterion: [null, null] },
  "triplet-semi-hard:256": { torch: [0.61, 0.83], quaterion: [0.47, null] },
};
