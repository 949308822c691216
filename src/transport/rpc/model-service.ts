import type { ServiceImpl } from "@connectrpc/connect";
import type { Gateway } from "../../core/gateway.js";
import type { ListedModel } from "../../core/target.js";
import { toModelTarget } from "../../core/target-message.js";
import type { ModelService } from "../../gen/parlance/v1/model_service_pb.js";
import { create, invalid, ModelSchema, ParlanceError } from "../../sdk/index.js";
import { describeModel } from "../describe-model.js";
import { toConnectError } from "./connect-error.js";

/** `parlance.v1.ModelService` over the gateway. */
export function modelService(gateway: Gateway): ServiceImpl<typeof ModelService> {
  return {
    async listModels() {
      return { models: (await gateway.models().list()).map(toModel) };
    },
    async getModel(request) {
      try {
        if (request.name === "") throw invalid("name", "name is required: the name of a model.");
        return { model: toModel(await describeModel(gateway, request.name)) };
      } catch (thrown) {
        throw toConnectError(ParlanceError.from(thrown), gateway.newId());
      }
    },
  };
}

function toModel(model: ListedModel) {
  return create(ModelSchema, {
    name: model.name,
    targets: model.targets.map(toModelTarget),
    createTime: { seconds: BigInt(model.created), nanos: 0 },
    operations: [...model.operations],
  });
}
