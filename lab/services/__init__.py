"""The stand-ins: programs that behave as Vitam's services, Elasticsearch and mongos do towards a backup."""
