using BenchmarkDotNet.Running;
using CqlDriver.Benchmarks;

BenchmarkSwitcher.FromAssembly(typeof(SomeStatement).Assembly).Run(args);
