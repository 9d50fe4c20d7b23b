"""How fast batchclip is, beside what else there is: `make bench` and `make bench-scale`."""
