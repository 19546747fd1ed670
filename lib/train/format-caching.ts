import type { TrainEvent } from "./events.js";

/** How far filling the caches is: "Caching text: 500 of 2000 items (1000/s, 2 s left), encoded 400, loaded 90, 100 hits, 0.8 MB in memory". */
export function formatCaching(event: Extract<TrainEvent, { type: "caching" }>): string {
  const { encoder, done, total, computed, loaded, hits, memoryBytes, diskBytes, seconds, finished } = event;
  const rate = seconds > 0 ? done / seconds : 0;
  const pace = [
    ...(rate > 0 ? [`${Math.round(rate)}/s`] : []),
    ...(rate > 0 && total !== null && !finished ? [`${Math.ceil((total - done) / rate)} s left`] : []),
    ...(finished ? [`${seconds.toFixed(1)} s`] : []),
  ];
  const of = total === null || finished ? "" : ` of ${total}`;
  const disk = diskBytes > 0 ? `, ${megabytes(diskBytes)} on disk` : "";
  return (
    `Caching ${encoder}: ${done}${of} items${pace.length > 0 ? ` (${pace.join(", ")})` : ""}, ` +
    `encoded ${computed}, loaded ${loaded}, ${hits} hits, ${megabytes(memoryBytes)} in memory${disk}`
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
