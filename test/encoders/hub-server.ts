import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** A hub of models on this machine. */
export interface Hub extends AsyncDisposable {
  readonly host: string;
  /** What was asked for: "GET owner/name/resolve/main/config.json". */
  readonly asked: string[];
}

/** Serves `<folder>/<owner>/<name>/<revision>/<file>` as the Hugging Face hub does. */
export async function serveHub(folder: string): Promise<Hub> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? "/").slice(1));
    asked.push(`${request.method} ${path}`);
    const file = join(folder, path.replace("/resolve/", "/"));
    readFile(file).then(
      (bytes) => response.writeHead(200, { "content-length": bytes.length }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
