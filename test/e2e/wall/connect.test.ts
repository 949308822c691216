import { connectDoor } from "./doors.js";
import { holdWall } from "./hold-wall.js";

holdWall(connectDoor);
