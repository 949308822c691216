import { answerWith } from "../behaviours.js";
import { type Check, promise } from "../check.js";
import { errorOf, told } from "../run-call.js";
import { everyKind } from "./one-call.js";

export const wrongContentType: Check = {
  name: "wrong-content-type",
  promise: "An answer of another kind than was asked for, such as a login page, is wrong_content_type.",
  async run(kit) {
    kit.needUpstream();
    for (const recording of everyKind(kit)) {
      const when = `when ${recording.ask.operation} is answered with a page`;
      const page = answerWith(200, "<html>Please log in.</html>", { "content-type": "text/html" });
      const error = errorOf(await kit.play(recording, page), when);
      promise(error.code === "wrong_content_type", `wrong_content_type ${when}`, told(error));
    }
  },
};
