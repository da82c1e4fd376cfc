"""What is happening: the call and its legs, the reducer (facts -> call), the live board. Pure."""
