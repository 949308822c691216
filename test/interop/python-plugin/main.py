"""A provider in Python: it says its prompt again, word by word.

The stubs are generated beside this file by `run.mjs`. What a real one would do differently is in `answer`: one call
of its vendor's API in the place of `words_of`.
"""

import concurrent.futures
import hmac
import json
import os
import pathlib
import sys
import threading
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent / "generated"))

import grpc
from google.protobuf import json_format
from google.rpc import status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from parlance.provider.v1 import provider_service_pb2 as provider
from parlance.provider.v1 import provider_service_pb2_grpc
from parlance.v1 import chat_pb2, completion_pb2, error_details_pb2, usage_pb2

API = 1
ABOUT = json.loads((pathlib.Path(__file__).parent / "package.json").read_text())
MANIFEST = ABOUT["parlance"]


class Refusal(Exception):
    """An error that the gateway is to understand: a status, and what it means."""

    def __init__(self, status, code, message, field=None):
        super().__init__(message)
        self.status, self.code, self.message, self.field = status, code, message, field


def refuse(context, refusal):
    """Ends a call with a status that holds an ErrorDetail."""
    detail = error_details_pb2.ErrorDetail(code=refusal.code, field=refusal.field)
    told = status_pb2.Status(code=refusal.status.value[0], message=refusal.message)
    told.details.add().Pack(detail)
    context.set_trailing_metadata([("grpc-status-details-bin", told.SerializeToString())])
    context.abort(refusal.status, refusal.message)


class Provider(provider_service_pb2_grpc.ProviderServiceServicer):
    def __init__(self):
        self.providers = {}

    def Handshake(self, request, context):
        if not request.min_api <= API <= request.max_api:
            context.abort(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"It speaks plugin api {API}; the gateway accepts {request.min_api} to {request.max_api}.",
            )
        answer = provider.HandshakeResponse(
            api=API, name=MANIFEST["name"], version=ABOUT["version"], capabilities=MANIFEST["capabilities"]
        )
        json_format.ParseDict(MANIFEST["settings"], answer.settings_schema)
        return answer

    def Configure(self, request, context):
        name = uuid.uuid4().hex
        self.providers[name] = json_format.MessageToDict(request.settings)
        models = [provider.OfferedModel(name="echo", operations=["complete", "embed"])]
        return provider.ConfigureResponse(provider=name, models=models)

    def Release(self, request, context):
        self.providers.pop(request.provider, None)
        return provider.ReleaseResponse()

    def Complete(self, request, context):
        settings = self.settings_of(request.provider, context)
        try:
            for chunk in answer(request, settings):
                if not context.is_active():
                    return
                yield provider.CompleteResponse(chunk=chunk)
        except Refusal as refusal:
            refuse(context, refusal)

    def Embed(self, request, context):
        self.settings_of(request.provider, context)
        response = provider.EmbedResponse()
        response.result.model = request.model
        for index, given in enumerate(request.embedding.inputs):
            response.result.embeddings.add(index=index, vector=[float(len(given.text)), 1.0])
        return response

    def CountTokens(self, request, context):
        self.settings_of(request.provider, context)
        return provider.CountTokensResponse(input_tokens=len(words_of(request.chat)))

    def settings_of(self, name, context):
        if name not in self.providers:
            # Without an ErrorDetail: the gateway configures anew.
            context.abort(grpc.StatusCode.NOT_FOUND, f"There is no provider {name} here.")
        return self.providers[name]


def answer(request, settings):
    """The events of one answer, in the order of the contract."""
    if request.model != "echo":
        raise Refusal(
            grpc.StatusCode.NOT_FOUND,
            error_details_pb2.ERROR_CODE_MODEL_NOT_FOUND,
            f'There is no model "{request.model}". There is "echo".',
            field="model",
        )
    prompt = words_of(request.chat)
    said = ([settings["prefix"]] if "prefix" in settings else []) + prompt

    def chunk(**event):
        return completion_pb2.Chunk(**event)

    yield chunk(completion_start=completion_pb2.CompletionStart(id=request.request_id, model=request.model))
    empty = chat_pb2.Part(text=chat_pb2.TextPart())
    yield chunk(part_start=completion_pb2.PartStart(choice=0, part=0, content=empty))
    for index, word in enumerate(said):
        text = word if index == 0 else f" {word}"
        yield chunk(text_delta=completion_pb2.TextDelta(choice=0, part=0, text=text))
    yield chunk(part_end=completion_pb2.PartEnd(choice=0, part=0))
    yield chunk(finish=completion_pb2.ChoiceFinish(choice=0, finish=finish()))
    used = chunk()
    used.usage.input_tokens = len(prompt)
    used.usage.output_tokens = len(said)
    yield used
    end = chunk()
    end.completion_end.SetInParent()
    for path in lost(request.chat):
        end.completion_end.losses.add(path=path, kind=usage_pb2.LOSS_KIND_DROPPED, reason="The sample has no such field.")
    yield end


def lost(chat):
    """The paths of what is asked for beyond the messages: nothing may be lost in silence."""
    for field, value in chat.ListFields():
        if field.name == "extensions":
            for dialect, members in value.items():
                yield from (f"extensions.{dialect}.{member}" for member in members)
        elif field.name not in ("model", "messages", "strict"):
            yield field.name


def finish():
    return completion_pb2.Finish(reason=completion_pb2.FINISH_REASON_STOP)


def words_of(chat):
    last = [message for message in chat.messages if message.role == chat_pb2.ROLE_USER][-1:]
    return " ".join(part.text.text for message in last for part in message.parts).split()


class Health(health_pb2_grpc.HealthServicer):
    def Check(self, request, context):
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)


class TokenGuard(grpc.ServerInterceptor):
    """Lets only the gateway call, by the token that it has given to this process alone."""

    def __init__(self, token):
        self.wanted = f"Bearer {token}"

    def intercept_service(self, continuation, details):
        given = dict(details.invocation_metadata).get("authorization", "")
        if hmac.compare_digest(given, self.wanted):
            return continuation(details)

        def deny(_request, context):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "The call brings no token, or a wrong one.")

        return grpc.unary_unary_rpc_method_handler(deny)


def main():
    limit = int(os.environ.get("PARLANCE_PLUGIN_MAX_MESSAGE_BYTES", 64 * 1024 * 1024))
    server = grpc.server(
        concurrent.futures.ThreadPoolExecutor(max_workers=16),
        interceptors=[TokenGuard(os.environ["PARLANCE_PLUGIN_TOKEN"])],
        options=[("grpc.max_receive_message_length", limit), ("grpc.max_send_message_length", -1)],
    )
    provider_service_pb2_grpc.add_ProviderServiceServicer_to_server(Provider(), server)
    health_pb2_grpc.add_HealthServicer_to_server(Health(), server)
    server.add_insecure_port(f"unix:{os.environ['PARLANCE_PLUGIN_SOCKET']}")
    server.start()
    print(f"serves at {os.environ['PARLANCE_PLUGIN_SOCKET']}", flush=True)
    threading.Thread(target=end_with_gateway, daemon=True).start()
    server.wait_for_termination()


def end_with_gateway():
    """The standard input ends when the gateway does, however it ends."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
