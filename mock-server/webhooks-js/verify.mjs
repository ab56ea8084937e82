// Reads deliveries as JSON from standard input and says of each what standardwebhooks makes of it:
// the event's type, or the error. `[{"secret": "whsec_...", "headers": {...}, "body": "..."}, ...]`
import { readFileSync } from "node:fs";

import { Webhook } from "standardwebhooks";

const deliveries = JSON.parse(readFileSync(0, "utf8"));
const verdicts = deliveries.map(({ secret, headers, body }) => {
  try {
    return { event: new Webhook(secret).verify(body, headers).event };
  } catch (error) {
    return { error: error.message };
  }
});
process.stdout.write(JSON.stringify(verdicts));
