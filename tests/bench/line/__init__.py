"""Parts of the sorting benchmark: a fast line on real wires, the ear at the broker, and a trial with both."""
