import { ParlanceError, refuseBody } from "@parlance/sdk";
import { acme } from "./acme.js";

/** Makes text of bytes before it knows where a letter ends. */
export default acme({
  async *lines({ headers, body }) {
    await refuseBody({ headers, body }, "ndjson", "JSON lines");
    let text = "";
    for await (const bytes of body) {
      text += bytes.toString("utf8");
      if (text.length > 16_000_000) throw new ParlanceError("malformed_answer", "A line is too long.");
      const lines = text.split("\n");
      text = lines.pop();
      for (const data of lines) yield { event: "", data };
    }
    if (text !== "") yield { event: "", data: text };
  },
});
