import { openAiDoor } from "./doors.js";
import { ASKED_AGAIN } from "./expected.js";
import { holdWall } from "./hold-wall.js";

// As the gateway comes, with nothing written of resilience: a target that is alone is asked once more where that may help,
// and a fallback is quicker than a wait.
holdWall(openAiDoor, {
  resilience: {},
  calls: (_cell, { code, retryAfterSeconds }) => (ASKED_AGAIN.has(code) && retryAfterSeconds === undefined ? 2 : 1),
  // One lane for each way of asking is enough to see what follows a failure. What takes long is left to the other walls.
  takes: ({ row, mode, lane }) =>
    (mode === "stream") === (lane === "verbatim") && !["trickle-for-ever", "giant-line"].includes(row.fault),
});
