"""Does a map point at what the prediction rests on? Parts of the picture are changed, and the network is asked."""
