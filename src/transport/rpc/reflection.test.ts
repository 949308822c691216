import { create, createFileRegistry, type DescFile, fromBinary } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TestListener } from "../../../test/kits/listener.js";
import { reflectionService } from "./reflection.js";
import {
  type Call,
  ended,
  grpcStub,
  next,
  type Stub,
  startStandardServices,
  testState,
} from "../../../test/kits/standard-services.js";

let listener: TestListener;
let stub: Stub;
let call: Call;

afterEach(async () => {
  stub.close();
  listener.destroy();
  await listener.drain(0);
});

/** One question on the open call. */
async function ask(question: object): Promise<Record<string, unknown>> {
  const answer = next(call);
  call.write(question);
  return answer;
}

function filesOf(answer: Record<string, unknown>): string[] {
  const { fileDescriptorProto } = answer.fileDescriptorResponse as { fileDescriptorProto: Buffer[] };
  return fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
}

describe.each(["v1", "v1alpha"])("server reflection %s through @grpc/grpc-js", (version) => {
  beforeEach(async () => {
    listener = await startStandardServices(testState(), { bodyTimeoutMs: 100 });
    stub = await grpcStub(
      listener.port,
      `grpc/reflection/${version}/reflection.proto`,
      `grpc.reflection.${version}.ServerReflection`,
    );
    const opened = stub.serverReflectionInfo?.();
    if (opened === undefined) throw new Error("no method serverReflectionInfo");
    call = opened;
    call.on("error", () => {});
  });

  it("lists every service in order of its name", async () => {
    const answer = await ask({ host: "here", listServices: "" });
    expect(answer).toMatchObject({
      validHost: "here",
      originalRequest: { host: "here", messageRequest: "listServices" },
    });
    expect((answer.listServicesResponse as { service: { name: string }[] }).service.map(({ name }) => name)).toEqual([
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "parlance.v1.CompletionService",
      "parlance.v1.ModelService",
      "parlance.v1.RoutingService",
    ]);
  });

  it("gives the file of a symbol of each kind, with all that it imports", async () => {
    const files = filesOf(await ask({ fileContainingSymbol: "parlance.v1.CompletionService" }));
    expect(files[0]).toBe("parlance/v1/completion_service.proto");
    expect(files).toContain("parlance/v1/chat.proto");
    expect(new Set(files).size).toBe(files.length);
    for (const symbol of [
      "grpc.health.v1.Health",
      "grpc.health.v1.Health.Check",
      "grpc.health.v1.HealthCheckResponse",
      "grpc.health.v1.HealthCheckResponse.status",
      "grpc.health.v1.HealthCheckResponse.ServingStatus",
      "grpc.health.v1.HealthCheckResponse.SERVING",
    ]) {
      expect(filesOf(await ask({ fileContainingSymbol: symbol })), symbol).toEqual(["grpc/health/v1/health.proto"]);
    }
    expect(filesOf(await ask({ fileByFilename: "google/protobuf/duration.proto" }))).toEqual([
      "google/protobuf/duration.proto",
    ]);
  });

  it("answers what is unknown or empty with an error and goes on", async () => {
    for (const question of [
      { fileByFilename: "no/such.proto" },
      { fileContainingSymbol: "no.such.Symbol" },
      { fileContainingSymbol: "grpc.health.v1.Health.Chuck" },
      { fileContainingExtension: { containingType: "grpc.health.v1.HealthCheckRequest", extensionNumber: 9 } },
      { allExtensionNumbersOfType: "no.such.Message" },
    ]) {
      expect(await ask(question)).toMatchObject({ errorResponse: { errorCode: status.NOT_FOUND } });
    }
    expect(await ask({})).toMatchObject({ errorResponse: { errorCode: status.INVALID_ARGUMENT } });
    expect(await ask({ allExtensionNumbersOfType: "grpc.health.v1.HealthCheckRequest" })).toMatchObject({
      allExtensionNumbersResponse: { baseTypeName: "grpc.health.v1.HealthCheckRequest", extensionNumber: [] },
    });
  });

  it("stays open between questions for longer than a body may take, and ends when the client has ended", async () => {
    await ask({ listServices: "" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await ask({ listServices: "" })).toHaveProperty("listServicesResponse");
    const end = ended(call);
    call.end();
    expect(await end).toBeUndefined();
  });

  it("does not hold a drain", async () => {
    await ask({ listServices: "" });
    const end = ended(call);
    await listener.drain(600_000);
    expect(await end).toBeUndefined();
  });
});

describe("reflection of extensions", () => {
  it("finds them by type and number", async () => {
    const answers = await answersFor(extended(), [
      { case: "allExtensionNumbersOfType", value: "old.Base" },
      { case: "fileContainingExtension", value: { containingType: "old.Base", extensionNumber: 101 } },
      { case: "fileContainingSymbol", value: "old.colour" },
      { case: "fileContainingSymbol", value: "old.RED" },
    ]);
    expect(answers[0]).toMatchObject({ value: { baseTypeName: "old.Base", extensionNumber: [101, 102] } });
    for (const answer of answers.slice(1)) expect(answer).toMatchObject({ case: "fileDescriptorResponse" });
  });
});

/** A file of proto2 with a service, a message, two extensions of it, and an enum. */
function extended(): DescFile {
  const extension = (name: string, number: number) => ({
    name,
    number,
    extendee: ".old.Base",
    type: Type.STRING,
    label: Label.OPTIONAL,
  });
  const file = create(FileDescriptorProtoSchema, {
    name: "old.proto",
    package: "old",
    syntax: "proto2",
    messageType: [{ name: "Base", extensionRange: [{ start: 100, end: 200 }] }],
    enumType: [{ name: "Colour", value: [{ name: "RED", number: 0 }] }],
    extension: [extension("colour", 101), extension("size", 102)],
    service: [{ name: "Keeper", method: [{ name: "Keep", inputType: ".old.Base", outputType: ".old.Base" }] }],
  });
  const found = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getFile("old.proto");
  if (found === undefined) throw new Error("the file is not in its own registry");
  return found;
}

async function answersFor(file: DescFile, questions: readonly object[]): Promise<unknown[]> {
  const service = reflectionService(file.services);
  async function* requests() {
    for (const messageRequest of questions) yield { host: "", messageRequest };
  }
  const answers: unknown[] = [];
  const stream = service.serverReflectionInfo(requests() as never, undefined as never) as AsyncIterable<{
    messageResponse: unknown;
  }>;
  for await (const { messageResponse } of stream) answers.push(messageResponse);
  return answers;
}
