Console.WriteLine("not yet furnished");
