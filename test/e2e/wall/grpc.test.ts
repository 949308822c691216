import { grpcDoor } from "./doors.js";
import { holdWall } from "./hold-wall.js";

holdWall(grpcDoor);
