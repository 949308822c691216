import { openAiDoor } from "./doors.js";
import { holdWall } from "./hold-wall.js";

holdWall(openAiDoor);
