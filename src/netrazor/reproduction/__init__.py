"""The paper and its peers: Tables 1 to 4, Figure 1, the earlier bounds, the record networks and their recipes."""
