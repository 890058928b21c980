// Clusters share addresses and both cores: one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace CqlDriver.IntegrationTests.Server;

[CollectionDefinition(Name)]
public sealed class PlainNodeCollection : ICollectionFixture<PlainNode>
{
    public const string Name = "one plain node";
}

[CollectionDefinition(Name)]
public sealed class SecureNodeCollection : ICollectionFixture<SecureNode>
{
    public const string Name = "one node with password and TLS";
}

[CollectionDefinition(Name)]
public sealed class ThreeNodesCollection : ICollectionFixture<ThreeNodes>
{
    public const string Name = "three nodes";
}

[CollectionDefinition(Name)]
public sealed class SixNodesCollection : ICollectionFixture<SixNodes>
{
    public const string Name = "two nodes of 6.0";
}

[CollectionDefinition(Name)]
public sealed class UpgradedNodesCollection : ICollectionFixture<UpgradedNodes>
{
    public const string Name = "two nodes upgraded to 6.0";
}
