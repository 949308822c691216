import { responsesDoor } from "./doors.js";
import { holdWall } from "./hold-wall.js";

holdWall(responsesDoor);
