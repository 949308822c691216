import { anthropicDoor } from "./doors.js";
import { holdWall } from "./hold-wall.js";

holdWall(anthropicDoor);
