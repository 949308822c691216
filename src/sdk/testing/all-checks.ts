import type { Check } from "./check.js";
import { answerAsRecorded } from "./checks/answer-as-recorded.js";
import { anySplit } from "./checks/any-split.js";
import { backpressure } from "./checks/backpressure.js";
import { closeEnds } from "./checks/close-ends.js";
import { concurrentCalls } from "./checks/concurrent-calls.js";
import { connectionLost } from "./checks/connection-lost.js";
import { createMakesNoCall } from "./checks/create-makes-no-call.js";
import { cutTold } from "./checks/cut-told.js";
import { embeddingsInOrder } from "./checks/embeddings-in-order.js";
import { endsWhole } from "./checks/ends-whole.js";
import { errorInStream } from "./checks/error-in-stream.js";
import { errorsMapped } from "./checks/errors-mapped.js";
import { eventOrder } from "./checks/event-order.js";
import { hangsUpWhenLeft } from "./checks/hangs-up-when-left.js";
import { htmlErrorPage } from "./checks/html-error-page.js";
import { importSilent } from "./checks/import-silent.js";
import { largeEvent } from "./checks/large-event.js";
import { lossesTold } from "./checks/losses-told.js";
import { malformedAnswer } from "./checks/malformed-answer.js";
import { manifest } from "./checks/manifest.js";
import { memorySteady } from "./checks/memory-steady.js";
import { noEnvironment } from "./checks/no-environment.js";
import { noRetry } from "./checks/no-retry.js";
import { nothingUnhandled } from "./checks/nothing-unhandled.js";
import { oneCall } from "./checks/one-call.js";
import { oneFinish } from "./checks/one-finish.js";
import { outputCanary } from "./checks/output-canary.js";
import { redirectRefused } from "./checks/redirect-refused.js";
import { requestSent } from "./checks/request-sent.js";
import { retryAfterKept } from "./checks/retry-after-kept.js";
import { secretCanary } from "./checks/secret-canary.js";
import { settingsRefused } from "./checks/settings-refused.js";
import { silentAfterEnd } from "./checks/silent-after-end.js";
import { slowAnswer } from "./checks/slow-answer.js";
import { stopsWithSignal } from "./checks/stops-with-signal.js";
import { tokenCount } from "./checks/token-count.js";
import { unaryEqualsStream } from "./checks/unary-equals-stream.js";
import { unknownSurvived } from "./checks/unknown-survived.js";
import { usageTold } from "./checks/usage-told.js";
import { wrongContentType } from "./checks/wrong-content-type.js";

/** Every promise of a plugin, in the order in which they are looked at. */
export const CHECKS: readonly Check[] = [
  manifest,
  importSilent,
  createMakesNoCall,
  settingsRefused,
  oneCall,
  requestSent,
  answerAsRecorded,
  eventOrder,
  oneFinish,
  endsWhole,
  silentAfterEnd,
  unaryEqualsStream,
  anySplit,
  usageTold,
  lossesTold,
  unknownSurvived,
  embeddingsInOrder,
  tokenCount,
  noRetry,
  redirectRefused,
  errorsMapped,
  retryAfterKept,
  htmlErrorPage,
  wrongContentType,
  malformedAnswer,
  connectionLost,
  cutTold,
  errorInStream,
  slowAnswer,
  stopsWithSignal,
  hangsUpWhenLeft,
  concurrentCalls,
  backpressure,
  memorySteady,
  largeEvent,
  noEnvironment,
  secretCanary,
  outputCanary,
  closeEnds,
  nothingUnhandled,
];
