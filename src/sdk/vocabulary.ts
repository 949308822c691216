/**
 * The vocabulary under one roof: the generated messages of `parlance.v1`, for plugins and rooms alike.
 * @module
 */
export { create } from "@bufbuild/protobuf";
export type { JsonObject, JsonValue, MessageInitShape } from "@bufbuild/protobuf";
export * from "../gen/parlance/v1/chat_pb.js";
export * from "../gen/parlance/v1/completion_pb.js";
export * from "../gen/parlance/v1/embedding_pb.js";
export * from "../gen/parlance/v1/model_pb.js";
export * from "../gen/parlance/v1/route_plan_pb.js";
export * from "../gen/parlance/v1/usage_pb.js";
export {
  type ErrorDetail,
  ErrorDetailSchema,
  type FailedAttempt,
  FailedAttemptSchema,
} from "../gen/parlance/v1/error_details_pb.js";
