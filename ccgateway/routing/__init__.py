"""Who answers: services, their hours, and the decision for an inbound call. Pure."""
