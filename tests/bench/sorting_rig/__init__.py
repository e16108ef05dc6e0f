"""Parts of the sorting benchmark: a fast line without CT on real wires, trials of it, and faults."""
