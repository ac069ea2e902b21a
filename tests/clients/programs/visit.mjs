// usage: node visit.mjs URL CA_FILE SECONDS     Gets the URL; NAME.localhost is 127.0.0.1.
import { readFileSync } from "node:fs";
import https from "node:https";

const [url, caFile, seconds] = process.argv.slice(2);

function lookup(_name, options, found) {
  if (options.all) found(null, [{ address: "127.0.0.1", family: 4 }]);
  else found(null, "127.0.0.1", 4);
}

const signal = AbortSignal.timeout(Number(seconds) * 1000);
const request = https.get(url, { ca: readFileSync(caFile), lookup, agent: false, signal }, (response) => {
  response.on("data", (piece) => process.stdout.write(piece));
  response.on("end", () => process.exit(0));
});
request.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
