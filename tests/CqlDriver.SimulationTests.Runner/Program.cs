using CqlDriver.SimulationTests;

return SimulationRun.FromArguments(args);
