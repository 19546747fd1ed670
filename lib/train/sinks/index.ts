export { CsvLog } from "./csv-log.js";
export { JsonLinesLog } from "./json-lines-log.js";
export { nextRunDirectory } from "./run-directory.js";
export type { FileLogOptions, ScalarSink } from "./scalar-sink.js";
export { TensorBoardLog } from "./tensor-board-log.js";
