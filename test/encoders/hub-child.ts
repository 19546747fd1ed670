// Loads a saved model with an encoder of the hub: `node hub-child.ts <folder> <host> <cache> <host> <cache> …`; says for each host and
// cache the vector of "red bell", or what is wrong.
import { env, LogLevel } from "@huggingface/transformers";
import { SimilarityModel } from "likewise";

const [, , folder = "", ...places] = process.argv;
const answers: unknown[] = [];
for (let at = 0; at < places.length; at += 2) {
  Object.assign(env, { remoteHost: places[at], cacheDir: places[at + 1], logLevel: LogLevel.NONE });
  try {
    await using model = await SimilarityModel.load<string>(folder, { engine: "eager" });
    answers.push({ vector: [...(await model.encodeOne("red bell"))] });
  } catch (error) {
    const { name, message } = error as Error;
    answers.push({ name, message });
  }
}
console.log(JSON.stringify(answers));
