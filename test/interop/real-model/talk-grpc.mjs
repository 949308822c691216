import { fileURLToPath } from "node:url";
import { credentials, loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const proto = fileURLToPath(new URL("../../../proto", import.meta.url));
const ROLES = { user: "ROLE_USER", assistant: "ROLE_ASSISTANT", system: "ROLE_SYSTEM" };

/** A speaker of gRPC: a stack that is not Parlance's own, with stubs made of the proto files. */
export function grpcSpeaker(address, model) {
  const definition = loadSync("parlance/v1/completion_service.proto", {
    includeDirs: [proto],
    enums: String,
    longs: Number,
    oneofs: true,
  });
  const { CompletionService } = loadPackageDefinition(definition).parlance.v1;
  const service = new CompletionService(address, credentials.createInsecure());
  const request = (messages) => ({
    chat: {
      model,
      messages: messages.map(({ role, content }) => ({ role: ROLES[role], parts: [{ text: { text: content } }] })),
      temperature: 0,
      maxOutputTokens: 48,
    },
  });
  return {
    stream(messages) {
      const began = performance.now();
      const told = { text: "", pieces: 0, finish: undefined, usage: undefined, firstMs: undefined, totalMs: 0 };
      return new Promise((resolve, reject) => {
        const call = service.streamComplete(request(messages));
        call.on("data", ({ chunk }) => {
          if (chunk.event === "textDelta") {
            told.firstMs ??= performance.now() - began;
            told.pieces += 1;
            told.text += chunk.textDelta.text;
          } else if (chunk.event === "finish") {
            told.finish = chunk.finish.finish.reason;
          } else if (chunk.event === "usage") {
            told.usage = usageOf(chunk.usage);
          }
        });
        call.on("error", reject);
        call.on("end", () => resolve({ ...told, totalMs: performance.now() - began }));
      });
    },
    complete(messages) {
      return new Promise((resolve, reject) => {
        service.complete(request(messages), (error, answer) => {
          if (error) return reject(error);
          const [choice] = answer.completion.choices;
          const text = choice.message.parts.map((part) => part.text?.text ?? "").join("");
          resolve({ text, finish: choice.finish.reason, usage: usageOf(answer.completion.usage) });
        });
      });
    },
    close: () => service.close(),
  };
}

function usageOf(usage) {
  return { input: usage?.inputTokens, output: usage?.outputTokens };
}
