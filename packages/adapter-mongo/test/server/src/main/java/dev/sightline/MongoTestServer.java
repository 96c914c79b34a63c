package dev.sightline;

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * A MongoDB-compatible server over one file, for tests where no MongoDB can be had. Arguments: the file, the port (0: any), and
 * "oplog" where change streams are to work, and "durable" where what it acknowledged is to survive its being killed. Prints "listening <port>" once it does, and ends when its standard input does.
 */
public final class MongoTestServer {

    /** The driver refuses the version that the server reports by itself, 8; 13 is that of MongoDB 5.0. */
    private static final MongoVersion VERSION = new MongoVersion() {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 13;
        }
    };

    /** H2 writes once a second; this one before every answer. */
    private static final class DurableBackend extends H2Backend {
        DurableBackend(String file) {
            super(file);
        }

        @Override
        public Document handleMessage(MongoMessage message) {
            Document answer = super.handleMessage(message);
            commit();
            return answer;
        }
    }

    public static void main(String[] arguments) throws Exception {
        boolean isDurable = arguments.length > 3 && arguments[3].equals("durable");
        H2Backend backend = isDurable ? new DurableBackend(arguments[0]) : new H2Backend(arguments[0]);
        backend.version(VERSION);
        MongoServer server = new MongoServer(backend);
        if (arguments.length > 2 && arguments[2].equals("oplog")) server.enableOplog();
        server.bind("127.0.0.1", Integer.parseInt(arguments[1]));
        InetSocketAddress address = server.getLocalAddress();
        System.out.println("listening " + address.getPort());
        System.out.flush();
        while (System.in.read() != -1) { /* until whoever started it is gone */ }
        server.shutdownNow();
    }
}
