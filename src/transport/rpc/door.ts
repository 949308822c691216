import type { ConnectRouter } from "@connectrpc/connect";
import type { Gateway } from "../../core/gateway.js";
import { CompletionService } from "../../gen/parlance/v1/completion_service_pb.js";
import { ModelService } from "../../gen/parlance/v1/model_service_pb.js";
import { completionService } from "./completion-service.js";
import { modelService } from "./model-service.js";

/** The services of the RPC doors: gRPC, gRPC-Web and Connect. */
export const RPC_SERVICES = [CompletionService, ModelService] as const;

/** Registers the services on a Connect router. */
export function rpcDoor(gateway: Gateway) {
  return (router: ConnectRouter): void => {
    router.service(CompletionService, completionService(gateway));
    router.service(ModelService, modelService(gateway));
  };
}
